// Wire types of POST /v1/embeddings: the request as a schema, the answer as types.
import { z } from "zod";
import { model, optional } from "./request-fields.ts";

const MOST_INPUTS = 2048;

const WANT_TEXTS = "expected a string or a list of strings";
/** OpenAI's clients may cut texts into tokens of OpenAI's vocabularies. */
const WANT_TEXT = "expected texts; token ids of another vocabulary mean nothing to this model";

/** One text or several, as a list; written by hand, as a union would say of both what each wants. */
const texts = z.unknown().transform((given, context): readonly string[] => {
  const fail = (message: string, path: number[] = []): never => {
    context.addIssue({ code: "custom", message, path });
    return z.NEVER;
  };
  const list: readonly unknown[] = typeof given === "string" ? [given] : Array.isArray(given) ? given : [];
  if (typeof given !== "string" && !Array.isArray(given)) return fail(WANT_TEXTS);
  if (list.length === 0) return fail("expected at least one text");
  if (list.length > MOST_INPUTS) return fail(`expected at most ${MOST_INPUTS} texts`);
  const wrong = list.findIndex((text) => typeof text !== "string" || text === "");
  if (wrong === -1) return list.map(String);
  const path = typeof given === "string" ? [] : [wrong];
  return fail(list[wrong] === "" ? "expected a text that is not empty" : WANT_TEXT, path);
});

/** What a model server checks of an embeddings request; unknown fields pass. */
export const embeddingsRequest = z.looseObject({
  model,
  input: texts,
  encoding_format: optional(z.enum(["float", "base64"], "expected float or base64")),
  dimensions: optional(z.int("expected an integer").min(1, "expected an integer of at least 1")),
  user: optional(z.string("expected a string")),
});

export type EmbeddingList = {
  readonly object: "list";
  readonly data: readonly {
    readonly object: "embedding";
    readonly index: number;
    /** Numbers, or the base64 of 32-bit floats in little-endian order. */
    readonly embedding: readonly number[] | string;
  }[];
  readonly model: string;
  readonly usage: { readonly prompt_tokens: number; readonly total_tokens: number };
};
