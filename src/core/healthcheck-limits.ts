/**
 * The limits of an Elastic IP's healthcheck, in the words of Exoscale's schema: once for the config, the client and the command
 * line. All ranges are inclusive; interval and timeout are whole seconds. Source: the OpenAPI description of the API v2,
 * `elastic-ip-healthcheck`; a test compares them.
 */
export const healthcheckModes = ["tcp", "http", "https"] as const;

export const healthcheckNumbers = {
  port: { min: 1, max: 65_535, default: null, about: "Health check port" },
  interval: { min: 5, max: 300, default: 10, about: "Interval between the checks in seconds" },
  timeout: { min: 2, max: 60, default: 2, about: "Health check timeout value in seconds" },
  "strikes-ok": {
    min: 1,
    max: 20,
    default: 2,
    about: "Number of attempts before considering the target healthy",
  },
  "strikes-fail": {
    min: 1,
    max: 20,
    default: 3,
    about: "Number of attempts before considering the target unhealthy",
  },
} as const;

/** Lengths in characters. */
export const healthcheckTexts = {
  uri: { min: 1, max: 255, about: "An endpoint to use for the health check, for example '/status'" },
  "tls-sni": { min: 1, max: 255, about: "An optional domain or subdomain to check TLS against" },
} as const;

/** The request target, in visible ASCII: anything else has to be percent-encoded. */
export const uriPattern: RegExp = /^\/[\x21\x22\x24-\x7e]{0,8191}$/;

/** RFC 1123; a name whose last label is all digits is a broken IPv4 address (RFC 3696, section 2). */
export const hostNamePattern: RegExp =
  /^(?=.{1,253}$)(?!(?:.*\.)?\d+$)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;
