// The stop detector against a plain search in the whole text, over random cuts of it.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { endText, pushText, startStops } from "../../../../serving/core/chat/stop-detector.ts";

function runPieces(
  stops: readonly string[],
  pieces: readonly string[],
): { text: string; stopped: boolean; emitted: string[] } {
  let state = startStops(stops);
  const emitted: string[] = [];
  for (const piece of pieces) {
    const step = pushText(state, piece);
    state = step.state;
    emitted.push(step.emit);
  }
  if (!state.stopped) emitted.push(endText(state).emit);
  return { text: emitted.join(""), stopped: state.stopped, emitted };
}

describe("stop strings in a stream", () => {
  it("cuts the answer before the first stop string however the text is cut into pieces", () => {
    const letters = fc.constantFrom("a", "b", "c", "\n");
    const word = (most: number) => fc.string({ unit: letters, minLength: 1, maxLength: most });
    fc.assert(
      fc.property(
        fc.array(word(4), { minLength: 1, maxLength: 4 }),
        fc.array(word(6), { maxLength: 20 }),
        (stops, pieces) => {
          const whole = pieces.join("");
          const starts = stops.map((stop) => whole.indexOf(stop)).filter((index) => index >= 0);
          // The stop that completes first ends the answer; of those found by then the leftmost start cuts it.
          const ends = stops
            .map((stop) => whole.indexOf(stop))
            .map((index, i) => (index < 0 ? Number.POSITIVE_INFINITY : index + (stops[i]?.length ?? 0)));
          const result = runPieces(stops, pieces);
          expect(result.stopped).toBe(starts.length > 0);
          if (starts.length === 0) expect(result.text).toBe(whole);
          else {
            expect(whole.startsWith(result.text)).toBe(true);
            expect(result.text.length).toBeGreaterThanOrEqual(Math.min(...starts));
            expect(result.text.length).toBeLessThan(Math.min(...ends));
          }
          for (const stop of stops) expect(result.text.includes(stop)).toBe(false);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("never gives out the beginning of a stop string that completes later", () => {
    expect(runPieces(["<end>"], ["Hello <", "en", "d> more"]).emitted).toEqual(["Hello ", "", ""]);
  });

  it("gives out a held beginning when it turns out to be something else", () => {
    expect(runPieces(["<end>"], ["a <en", "try"]).emitted).toEqual(["a ", "<entry", ""]);
  });

  it("gives out a held beginning when the answer ends", () => {
    expect(runPieces(["###"], ["x ##"])).toMatchObject({ text: "x ##", stopped: false });
  });

  it("lets everything through at once without stop strings", () => {
    expect(runPieces([], ["a", "b"]).emitted).toEqual(["a", "b", ""]);
  });
});
