// Whether a known key may call: validity and the endpoints it is limited to.

export type ClientKey = {
  /** Stable name for logs. */
  readonly id: string;
  /** Endpoints the key may call; all of them when undefined. */
  readonly endpoints: readonly string[] | undefined;
  /** End of validity in milliseconds since the epoch; undefined when it has none. */
  readonly expiresAtMs: number | undefined;
};

export function isExpired(key: ClientKey, nowMs: number): boolean {
  return key.expiresAtMs !== undefined && key.expiresAtMs <= nowMs;
}

export function mayCall(key: ClientKey, endpoint: string): boolean {
  return key.endpoints === undefined || key.endpoints.includes(endpoint);
}
