// Reads how wide a range of addresses in CIDR notation is.

/** The shortest prefixes that still count as narrow, for IPv4 and IPv6. */
export type NarrowPrefixes = { readonly v4: number; readonly v6: number };

/** Whether a range has at least the narrow prefix; what is no range is not. */
export function isNarrow(range: string, { v4, v6 }: NarrowPrefixes): boolean {
  const [address, prefix] = range.split("/");
  if (address === undefined || prefix === undefined || !/^\d+$/.test(prefix)) return false;
  return Number(prefix) >= (address.includes(":") ? v6 : v4);
}
