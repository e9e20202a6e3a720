// Which addresses the gateway may open a connection to outside of the cluster: public ones, or those of named ranges.
import { BlockList, isIP } from "node:net";

export type AddressRules = { readonly allows: (address: string) => boolean };

/** What is not on the public internet: the special-purpose registries of IANA (RFC 6890), with Azure's host address. */
const SPECIAL_V4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "168.63.129.16/32",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
];

/** Inside of what is allocated for the public: Teredo and its neighbours, 6to4, documentation. */
const SPECIAL_V6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"];
const PUBLIC_V6 = ["2000::/3"];

/** Credentials are handed out here to whoever asks; no range opens them. Link-local, Azure's, Alibaba's and AWS's. */
const NEVER = [
  "0.0.0.0/8",
  "169.254.0.0/16",
  "168.63.129.16/32",
  "100.100.100.200/32",
  "224.0.0.0/4",
  "240.0.0.0/4",
  "::/128",
  "fe80::/10",
  "fd00:ec2::/32",
  "ff00::/8",
];

/** Addresses of IPv4 as a translator to IPv6 writes them (RFC 6052). */
const TRANSLATED = "64:ff9b::";

/** Every public address where `ranges` is undefined. */
export function createAddressRules(ranges: readonly string[] | undefined): AddressRules {
  const isWanted = ranges === undefined ? isPublic : toTest(withTranslated(ranges));
  return { allows: (address) => isPlain(address) && !isNever(address) && isWanted(address) };
}

/** Whether no address of the range may ever be called. */
export function isNeverAllowed(range: string): boolean {
  const [address = "", prefix = ""] = range.split("/");
  return NEVER.some((it) => {
    const [, outer = ""] = it.split("/");
    return (
      isIP(it.split("/")[0] ?? "") === isIP(address) &&
      Number(prefix) >= Number(outer) &&
      toTest([it])(address)
    );
  });
}

/** A zone, as in `fe80::1%eth0`, names an interface of this host. */
const isPlain = (address: string): boolean => isIP(address) !== 0 && !address.includes("%");

const isNever = toTest(withTranslated(NEVER));
const isSpecial = toTest(withTranslated([...SPECIAL_V4, ...SPECIAL_V6]));
const isAllocatedV6 = toTest([...PUBLIC_V6, `${TRANSLATED}/96`]);

function isPublic(address: string): boolean {
  return !isSpecial(address) && (isIP(address) === 4 || isAllocatedV6(address));
}

function withTranslated(ranges: readonly string[]): readonly string[] {
  const translated = ranges
    .filter((range) => !range.includes(":"))
    .map((range) => {
      const [address = "", prefix = ""] = range.split("/");
      return `${TRANSLATED}${address}/${96 + Number(prefix)}`;
    });
  return [...ranges, ...translated];
}

/** An IPv4 address inside an IPv6 one (`::ffff:10.0.0.1`) is held against the ranges of IPv4. */
function toTest(ranges: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = "", prefix = ""] = range.split("/");
    list.addSubnet(address, Number(prefix), familyOf(address));
  }
  return (address) => list.check(address, familyOf(address));
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}
