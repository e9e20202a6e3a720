// The interface behind which every kind of source delivers the bytes of an artefact.
import type { Dispatcher } from "undici";

export type ArtefactBody = {
  /** Offset of the first byte delivered: what was asked for, or 0 where the source cannot resume. */
  readonly from: number;
  /** Size of the whole artefact in bytes, where the source knows it. */
  readonly total: number | undefined;
  readonly bytes: AsyncIterable<Uint8Array>;
};

/** Opens the artefact at byte `from`; fails with an ArtefactError. */
export type ArtefactSource = { open(from: number, signal: AbortSignal): Promise<ArtefactBody> };

/** What sources take from their surroundings, so that tests can stand in for the network. */
export type FetchSurroundings = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
  /** Connection pool with its trusted authorities; the process's own when left out. */
  readonly dispatcher?: Dispatcher;
};
