// The box at the end of a first run: everything needed to send the next request.
import { rampaCommand } from "./next-command.ts";

export type Ready = {
  readonly stack: string;
  readonly baseUrl: string;
  /** Whether `baseUrl` answers on this machine; else inside the stack's cluster only. */
  readonly isHere: boolean;
  readonly endpoint: string;
  /** Only when the key was created in this run; afterwards a command prints it. */
  readonly newKey?: string;
  readonly answer: string;
  readonly logs: string;
};

const LONGEST_ANSWER = 60;

export function renderReady(ready: Ready): string {
  const { stack, baseUrl, endpoint, answer, logs } = ready;
  const keyCommand = ready.isHere
    ? "npm run -s rampa -- key show"
    : `pulumi stack output apiKey --show-secrets --stack ${stack}`;
  const down = ready.isHere ? "npm run down" : `npm run down -- --stack ${stack}`;
  return drawBox([
    `Base URL   ${baseUrl}${ready.isHere ? "" : " (inside the cluster)"}`,
    `Key        ${ready.newKey ?? keyCommand}`,
    `Answer     ${shorten(answer)}`,
    "",
    ...(ready.isHere
      ? [`export RAMPA_KEY=$(${keyCommand})`, ...callsFromHere(ready)]
      : [rampaCommand(`chat "Hello" --model ${endpoint}`, stack)]),
    "",
    `Logs       ${rampaCommand("logs", stack)}      (files: ${logs})`,
    `State      ${rampaCommand("status", stack)}    Stop: ${down}`,
  ]);
}

function callsFromHere({ baseUrl, endpoint }: Ready): readonly string[] {
  return [
    `curl ${baseUrl}/chat/completions -H "authorization: Bearer $RAMPA_KEY" \\`,
    `  -H "content-type: application/json" \\`,
    `  -d '{"model":"${endpoint}","messages":[{"role":"user","content":"Hello"}]}'`,
    "",
    `import OpenAI from "openai";`,
    `const client = new OpenAI({ baseURL: "${baseUrl}", apiKey: process.env.RAMPA_KEY });`,
    `await client.chat.completions.create({ model: "${endpoint}", messages: [{ role: "user", content: "Hello" }] });`,
  ];
}

/** A frame around the lines; a line that is to be copied carries no frame characters inside. */
function drawBox(lines: readonly string[]): string {
  const rule = "─".repeat(Math.min(100, Math.max(...lines.map((line) => line.length))));
  return [`╭${rule}`, ...lines.map((line) => (line === "" ? "" : ` ${line}`)), `╰${rule}`].join("\n");
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > LONGEST_ANSWER ? `${line.slice(0, LONGEST_ANSWER)}…` : line;
}
