// Name resolution that yields only addresses which may be called: the check holds for the very address connected to.
import { type LookupAddress, type LookupAllOptions, lookup as lookupAny } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import type { AddressRules } from "../../contract/address-rules.ts";
import { FORBIDDEN_ADDRESS } from "../upstream/upstreams.ts";

export type ResolveAll = (
  hostname: string,
  options: LookupAllOptions,
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * A name may resolve to something else each time (DNS rebinding), so what was checked before says nothing. Sockets do
 * not look up a host that is an address: that one is checked by `isForbidden`.
 */
export function createGuardedLookup(rules: AddressRules, resolve: ResolveAll = lookupAny): LookupFunction {
  return (hostname, options, done) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return done(error, []);
      const allowed = addresses.filter(({ address }) => rules.allows(address));
      const [first] = allowed;
      if (first === undefined) return done(forbidden(hostname), []);
      if (options.all) return done(null, allowed);
      done(null, first.address, first.family);
    });
  };
}

/** Of a URL's host that is an address itself. */
export function isForbidden(host: string, rules: AddressRules): boolean {
  return isIP(host) !== 0 && !rules.allows(host);
}

export function forbidden(host: string): NodeJS.ErrnoException {
  const error: NodeJS.ErrnoException = new Error(`${host} is at no address that may be called`);
  error.code = FORBIDDEN_ADDRESS;
  return error;
}
