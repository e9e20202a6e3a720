// What decoding a request gives: its value, or the fault that names the field.
import type { OpenAiFault } from "../../contract/openai/fault.ts";

export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly fault: OpenAiFault };
