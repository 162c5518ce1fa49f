export const packageName = "@phasegate/server";
