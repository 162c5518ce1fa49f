import { expect, test } from "vitest";
import { isPublicAddress, mayConnect, parseAuthority, readAllowedHost } from "./destinations.ts";

test.each(["1.1.1.1", "104.16.0.34", "2606:4700::6810:22", "::ffff:104.16.0.34", "203.0.113.80"])(
  "`%s` is public",
  (address) => {
    expect(isPublicAddress(address)).toBe(true);
  },
);

test.each([
  "127.0.0.1",
  "127.8.8.8",
  "0.0.0.0",
  "10.0.0.1",
  "172.16.0.1",
  "192.168.1.1",
  "100.64.0.1",
  "169.254.169.254",
  "192.0.0.192",
  "198.18.0.1",
  "224.0.0.1",
  "240.0.0.1",
  "255.255.255.255",
  "::",
  "::1",
  "::127.0.0.1",
  "::ffff:127.0.0.1",
  "::ffff:169.254.169.254",
  "::ffff:a9fe:a9fe",
  "64:ff9b::7f00:1",
  "64:ff9b:1::7f00:1",
  "2002:7f00:1::",
  "2001:0:7f00:1::",
  "fe80::1",
  "fe80::1%eth0",
  "fd00:ec2::254",
  "fec0::1",
  "ff02::1",
  "localhost",
  "",
])("`%s` is not public", (address) => {
  expect(isPublicAddress(address)).toBe(false);
});

const rules = { allowed: [], ownNetworks: ["104.16.0.34/24", "2606:4700::1/64"] };

test("public addresses are reached on the ports of the web", () => {
  const ports = [80, 443, 22, 4173].filter((port) => mayConnect({ host: "a.example", port }, rules)("1.1.1.1"));
  expect(ports).toEqual([80, 443]);
});

test.each(["104.16.0.34", "104.16.0.1", "::ffff:104.16.0.34", "2606:4700::2"])(
  "`%s`, of a network in which this machine stands, is not reached",
  (address) => {
    expect(mayConnect({ host: "a.example", port: 443 }, rules)(address)).toBe(false);
  },
);

test("a host that the operator allowed is reached at any address, on the ports that were allowed", () => {
  const allowed = ["registry.corp", "mirror.corp:4873"].map(readAllowedHost);
  const reaches = (host: string, port: number) => mayConnect({ host, port }, { allowed, ownNetworks: [] })("10.0.0.1");
  expect([reaches("registry.corp", 443), reaches("registry.corp", 8443)]).toEqual([true, false]);
  expect([reaches("mirror.corp", 4873), reaches("mirror.corp", 443)]).toEqual([true, false]);
  expect(reaches("other.corp", 443)).toBe(false);
});

test.each([
  ["Registry.Example:443", { host: "registry.example", port: 443 }],
  ["registry.example.:80", { host: "registry.example", port: 80 }],
  ["[::1]:4173", { host: "::1", port: 4173 }],
  ["2130706433:80", { host: "127.0.0.1", port: 80 }],
  ["0x7f.1:80", { host: "127.0.0.1", port: 80 }],
  ["registry.example", { host: "registry.example", port: null }],
])("`%s` is read as host and port", (text, read) => {
  expect(parseAuthority(text)).toEqual(read);
});

test.each(["", ":80", "a b:80", "user@a:80", "a/b:80", "a:99999", "http://a"])("`%s` is refused", (text) => {
  expect(parseAuthority(text)).toBeNull();
});
