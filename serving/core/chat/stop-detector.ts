// Finds stop strings in text that arrives in pieces, and holds back what could still become one.

export type StopState = {
  readonly stops: readonly string[];
  /** Text not yet given out, because a stop string may begin in it. */
  readonly held: string;
  readonly stopped: boolean;
};

export type StopStep = { readonly state: StopState; readonly emit: string };

export function startStops(stops: readonly string[]): StopState {
  return { stops, held: "", stopped: false };
}

/** Takes the next piece of text; what is emitted never contains a stop string nor the beginning of one that completes later. */
export function pushText(state: StopState, text: string): StopStep {
  if (state.stopped) return { state, emit: "" };
  const whole = state.held + text;
  const at = firstStop(state.stops, whole);
  if (at !== undefined) return { state: { ...state, held: "", stopped: true }, emit: whole.slice(0, at) };
  const keep = longestOpenStop(state.stops, whole);
  const cut = whole.length - keep;
  return { state: { ...state, held: whole.slice(cut) }, emit: whole.slice(0, cut) };
}

/** Gives out what was held back, once no more text can come. */
export function endText(state: StopState): StopStep {
  return { state: { ...state, held: "" }, emit: state.held };
}

function firstStop(stops: readonly string[], text: string): number | undefined {
  const found = stops.map((stop) => text.indexOf(stop)).filter((index) => index >= 0);
  return found.length === 0 ? undefined : Math.min(...found);
}

/** Length of the longest end of `text` that is the beginning of a stop string. */
function longestOpenStop(stops: readonly string[], text: string): number {
  let longest = 0;
  for (const stop of stops) {
    for (let length = Math.min(stop.length - 1, text.length); length > longest; length -= 1) {
      if (text.endsWith(stop.slice(0, length))) longest = length;
    }
  }
  return longest;
}
