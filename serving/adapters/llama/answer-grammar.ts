// Grammars that hold an answer to JSON or to a JSON Schema, compiled once for each schema.
import { type Llama, type LlamaGrammar, LlamaGrammarEvaluationState, type LlamaModel } from "node-llama-cpp";
import { type AnswerFormat, EngineFault } from "../../contract/generation.ts";
import { faults } from "../../contract/openai/fault.ts";

const MOST_CACHED = 64;

export type GrammarBook = {
  /** A fresh state for one answer; undefined for free text. Rejects with an EngineFault on a schema that does not compile. */
  readonly start: (format: AnswerFormat) => Promise<LlamaGrammarEvaluationState | undefined>;
};

export function createGrammarBook(llama: Llama, model: LlamaModel): GrammarBook {
  const compiled = new Map<string, Promise<LlamaGrammar>>();
  return {
    async start(format) {
      if (format.kind === "text") return undefined;
      const key = format.kind === "json" ? "json" : JSON.stringify(format.schema);
      const grammar = compiled.get(key) ?? compile(llama, format);
      compiled.delete(key);
      compiled.set(key, grammar);
      const oldest = compiled.keys().next().value;
      if (compiled.size > MOST_CACHED && oldest !== undefined) compiled.delete(oldest);
      return new LlamaGrammarEvaluationState({ model, grammar: await grammar });
    },
  };
}

async function compile(llama: Llama, format: Exclude<AnswerFormat, { kind: "text" }>): Promise<LlamaGrammar> {
  if (format.kind === "json") return llama.getGrammarFor("json");
  try {
    // The schema was rewritten to the keywords the engine knows; its type cannot say so of data.
    const schema = format.schema as Parameters<Llama["createGrammarForJsonSchema"]>[0];
    return await llama.createGrammarForJsonSchema(schema);
  } catch (error) {
    const reason = error instanceof Error ? error.message.slice(0, 200) : "unknown";
    const at = "response_format.json_schema.schema";
    throw new EngineFault(
      faults.invalidField(
        at,
        "invalid_schema",
        `Invalid schema: it does not compile to a grammar (${reason}).`,
      ),
    );
  }
}
