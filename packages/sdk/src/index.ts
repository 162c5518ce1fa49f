export const packageName = "@phasegate/sdk";
