/** Exoscale's zones as of August 2026. Source: `zone-name` in its OpenAPI description. */
export const exoscaleZones = [
  "at-vie-1",
  "at-vie-2",
  "bg-sof-1",
  "ch-dk-2",
  "ch-gva-2",
  "de-fra-1",
  "de-muc-1",
  "hr-zag-1",
] as const;

/** A name becomes part of a host name. Zones get added, so that a name is not known does not make it none. */
export const exoscaleZoneName: RegExp = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/;
