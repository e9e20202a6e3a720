// `rampa chat`: one answer for the given text, or a conversation when there is none.
import { createInterface } from "node:readline/promises";
import { CliError } from "./cli-error.ts";
import { type Access, type ChatAnswer, type ChatCall, streamChat } from "./gateway-client.ts";
import { withGateway } from "./gateway-tunnel.ts";
import { rampaCommand } from "./next-command.ts";
import type { OutputOptions } from "./output.ts";
import { type PlatformOutputs, readPlatformOutputs } from "./platform-stack.ts";
import { readStack } from "./stack-file.ts";

export type ChatOptions = OutputOptions & {
  readonly stack: string;
  /** Endpoint; the first of the stack when left out. */
  readonly model?: string;
  readonly version?: string;
  readonly maxTokens?: number;
};

type Target = { readonly access: Access; readonly call: Omit<ChatCall, "messages"> };

export async function runChat(text: string | undefined, options: ChatOptions): Promise<number> {
  if (text === undefined && options.json) {
    const next = rampaCommand('chat "Hello" --json', options.stack);
    throw new CliError("cli.usage", "--json takes one answer, so it needs the text to ask", next);
  }
  const target = toTarget(await readPlatformOutputs(options.stack), options);
  const settings = await readStack(options.stack);
  return await withGateway(settings, target.access.baseUrl, async (baseUrl) => {
    const reached = { ...target, access: { ...target.access, baseUrl } };
    if (text === undefined) return await converse(reached);
    const answer = await ask(reached, [{ role: "user", content: text }], options.json === true);
    if (options.json)
      process.stdout.write(`${JSON.stringify({ model: target.call.model, ...answer }, null, 2)}\n`);
    return 0;
  });
}

function toTarget(outputs: PlatformOutputs, options: ChatOptions): Target {
  const names = outputs.endpoints.map(({ name }) => name);
  const endpoint = options.model
    ? outputs.endpoints.find(({ name }) => name === options.model)
    : outputs.endpoints[0];
  if (endpoint === undefined) {
    throw new CliError(
      "cli.usage",
      `--model: got ${options.model ?? "nothing"}, want one of: ${names.join(", ") || "(the stack has no endpoints)"}`,
      rampaCommand("status", options.stack),
    );
  }
  const { version, maxTokens } = options;
  return {
    access: { baseUrl: endpoint.baseUrl, key: outputs.apiKey },
    call: { model: endpoint.name, ...(version && { version }), ...(maxTokens && { maxTokens }) },
  };
}

async function ask(target: Target, messages: ChatCall["messages"], quiet: boolean): Promise<ChatAnswer> {
  const answer = await streamChat(target.access, { ...target.call, messages }, (piece) => {
    if (!quiet) process.stdout.write(piece);
  });
  if (!quiet) process.stdout.write("\n");
  return answer;
}

/** Ends with an empty line, Ctrl-D or Ctrl-C. */
async function converse(target: Target): Promise<number> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout, prompt: "> " });
  const messages: ChatCall["messages"][number][] = [];
  terminal.prompt();
  for await (const line of terminal) {
    if (line.trim() === "") break;
    messages.push({ role: "user", content: line });
    const { text } = await ask(target, messages, false);
    messages.push({ role: "assistant", content: text });
    terminal.prompt();
  }
  terminal.close();
  return 0;
}
