// What stays on one side of a split: the unit of the hash, by the endpoint's sticky mode.
import type { StickyBy } from "./endpoint.ts";

export type Caller = {
  readonly requestId: string;
  readonly keyId: string;
  /** The `x-session-id` header. */
  readonly sessionId: string | undefined;
  /** The `user` field of the body. */
  readonly user: string | undefined;
};

/**
 * Without a session id a request stands for itself; falling back to the key would put all of an application's
 * traffic on one side. Users of different keys never meet in one unit.
 */
export function chooseUnit(stickyBy: StickyBy, caller: Caller): string {
  switch (stickyBy) {
    case "request":
      return caller.requestId;
    case "session":
      return caller.sessionId ? `${caller.keyId}/${caller.sessionId}` : caller.requestId;
    case "user":
      return caller.user ? `${caller.keyId}/${caller.user}` : caller.keyId;
  }
}
