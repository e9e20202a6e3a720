// Where one engine keeps its things; the checkout's own by default, a scratch folder in tests.
import { paths } from "../paths.ts";

export type EnginePlaces = {
  readonly checkout: string;
  readonly home: string;
  readonly bin: string;
  readonly state: string;
  readonly passphrase: string;
  readonly cache: string;
};

export const checkoutPlaces: EnginePlaces = paths;
