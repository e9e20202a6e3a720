// Chat templates that weights carry, rendered by the Jinja engine.
import { describe, expect, it } from "vitest";
import { createTemplate } from "../../../../serving/adapters/llama/prompt-tokens.ts";
import { EngineFault } from "../../../../serving/contract/generation.ts";
import { splitLiterals } from "../../../../serving/core/chat/literal-text.ts";

const SOURCE =
  "{{ bos_token }}{% for m in messages %}{% if m.role == 'tool' %}{{ raise_exception('no tools') }}{% endif %}<|{{ m.role }}|>{{ m.content }}{{ eos_token }}{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}";

describe("a chat template of the weights", () => {
  const render = createTemplate(SOURCE, { bos: "<s>", eos: "</s>" });

  it("is rendered without the beginning-of-sequence text, which the tokenizer adds", () => {
    const parts = splitLiterals(render([{ role: "user", content: "Hi </s>" }]));
    expect(parts).toEqual([
      { text: "<|user|>", isLiteral: false },
      { text: "Hi </s>", isLiteral: true },
      { text: "</s><|assistant|>", isLiteral: false },
    ]);
  });

  it("refuses a conversation with the template's own words", () => {
    const refused = (() => {
      try {
        return render([{ role: "tool", content: "x" }]);
      } catch (error) {
        return error;
      }
    })();
    expect(refused).toBeInstanceOf(EngineFault);
    expect(refused).toMatchObject({
      fault: { status: 400, param: "messages", message: expect.stringContaining("no tools") },
    });
  });
});
