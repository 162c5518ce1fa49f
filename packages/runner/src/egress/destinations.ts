import { PhasegateError } from "@phasegate/wire";
import ipaddr from "ipaddr.js";

/** What a client asks to be connected with. */
export interface Destination {
  /** In lower case, without brackets; an address in its usual form. */
  readonly host: string;
  readonly port: number;
}

/** A host that may be reached although its address is private. */
export interface AllowedHost {
  readonly host: string;
  /** Null: those of the web. */
  readonly port: number | null;
}

const webPorts: readonly number[] = [80, 443];
/** Global unicast, of which `ipaddr.js` knows the parts that are none. */
const globalUnicast = ipaddr.IPv6.parse("2000::");
/** Kept for documentation: no network has hosts of its own there, but some lead names outwards by them. */
const documentation = ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"];

/** Reads `host:port` or `host`, as CONNECT and the configuration have it; null where it is neither. */
export function parseAuthority(authority: string): { host: string; port: number | null } | null {
  if (/[\s/\\?#@]/.test(authority)) return null;
  const url = URL.parse(`https://${authority}`);
  const port = /:(\d{1,5})$/.exec(authority)?.[1];
  if (url === null || url.hostname === "") return null;
  return { host: hostOf(url), port: port === undefined ? null : Number(port) };
}

/** Reads a host that the operator allows. Throws `config_invalid` for what is none. */
export function readAllowedHost(text: string): AllowedHost {
  const read = parseAuthority(text);
  if (read !== null) return read;
  throw new PhasegateError("config_invalid", `\`${text}\` in \`runner.setup_hosts\` is no host`, {
    hint: "write `host` or `host:port`, such as `npm.example.com:4873`",
  });
}

/** The host of a URL as `Destination` writes it. */
export function hostOf(url: URL): string {
  return url.hostname
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "")
    .toLowerCase();
}

/** Whether this is an address of the public internet: no loopback, private, shared, link-local or multicast one, however it is written. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address) || address.includes("%")) return false;
  const parsed = ipaddr.process(address);
  if (isWithin(parsed, documentation)) return true;
  return parsed.range() === "unicast" && (parsed.kind() === "ipv4" || parsed.match(globalUnicast, 3));
}

/**
 * Which addresses of a destination may be connected with: all of a host that the operator allowed, else the public ones
 * on the ports of the web that are of no network in which this machine stands.
 */
export function mayConnect(
  destination: Destination,
  rules: { readonly allowed: readonly AllowedHost[]; readonly ownNetworks: readonly string[] },
): (address: string) => boolean {
  const { host, port } = destination;
  const isWeb = webPorts.includes(port);
  const isAllowed = rules.allowed.some((one) => one.host === host && (one.port === null ? isWeb : one.port === port));
  if (isAllowed) return () => true;
  if (!isWeb) return () => false;
  return (address) => isPublicAddress(address) && !isWithin(ipaddr.process(address), rules.ownNetworks);
}

function isWithin(address: ipaddr.IPv4 | ipaddr.IPv6, networks: readonly string[]): boolean {
  return networks.some((network) => {
    const [begin, bits] = ipaddr.parseCIDR(network);
    return begin.kind() === address.kind() && address.match(begin, bits);
  });
}
