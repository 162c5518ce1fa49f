export const packageName = "@phasegate/cli";
