/** Where the config is looked for when nobody says so. */
export const defaultConfigPath = "/etc/failoverd/failoverd.yaml";
