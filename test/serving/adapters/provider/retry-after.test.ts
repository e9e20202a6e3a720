// How long a provider asks to wait, in each form in which it says so.
import { expect, it } from "vitest";
import { readRetryAfter, type WaitHeaders } from "../../../../serving/adapters/provider/retry-after.ts";

const DATE = "Wed, 21 Oct 2026 07:28:00 GMT";

it.each<[WaitHeaders, number | undefined]>([
  [{}, undefined],
  [{ "retry-after": "17" }, 17],
  [{ "retry-after": "0" }, 1],
  [{ "retry-after": "0.4" }, 1],
  [{ "retry-after": "86400" }, 3_600],
  [{ "retry-after": "-1" }, undefined],
  [{ "retry-after": "soon" }, undefined],
  [{ "retry-after-ms": "1500" }, 2],
  [{ "retry-after-ms": "1500", "retry-after": "9" }, 2],
  [{ "retry-after": "Wed, 21 Oct 2026 07:28:30 GMT", date: DATE }, 30],
  [{ "retry-after": "Wed, 21 Oct 2026 07:27:30 GMT", date: DATE }, 1],
  [{ "retry-after": "Wed, 21 Oct 2026 07:28:30 GMT" }, undefined],
])("%j is %s seconds", (headers, seconds) => expect(readRetryAfter(headers)).toBe(seconds));
