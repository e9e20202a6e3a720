// Which texts of the waiting requests one pass computes: the oldest request's longest ones first, others that fit beside.

/** Texts of one request that wait, by their lengths in tokens, longest first. */
export type WaitingTexts = { readonly lengths: readonly number[] };

/** How many texts of each request, from the front of its list; the first request has at least one. */
export type PassPlan = readonly number[];

/** A text takes as much time as the longest of its pass, so much shorter ones of other requests wait for another. */
const LEAST_FILL = 0.5;

/** All texts of a pass are filled up to the first one's length; the tokens then are at most `batchTokens`. */
export function planPass(requests: readonly WaitingTexts[], batchTokens: number): PassPlan {
  const longest = requests[0]?.lengths[0] ?? 1;
  let room = Math.max(1, Math.floor(batchTokens / longest));
  return requests.map(({ lengths }, index) => {
    const first = lengths[0] ?? 0;
    if (room === 0 || first > longest || (index > 0 && first < longest * LEAST_FILL)) return 0;
    const fitting = lengths.filter((length) => length >= longest * LEAST_FILL).length;
    const count = Math.min(room, fitting);
    room -= count;
    return count;
  });
}
