// The box at the end of a first run: everything needed to send the next request.

export type Ready = {
  readonly baseUrl: string;
  readonly endpoint: string;
  /** Only when the key was created in this run; afterwards `rampa key show` prints it. */
  readonly newKey?: string;
  readonly answer: string;
  readonly logs: string;
};

const LONGEST_ANSWER = 60;

export function renderReady(ready: Ready): string {
  const key = ready.newKey ?? "$(npm run -s rampa -- key show)";
  const lines = [
    `Base URL   ${ready.baseUrl}`,
    `Key        ${ready.newKey ?? "npm run -s rampa -- key show"}`,
    `Answer     ${shorten(ready.answer)}`,
    "",
    `curl ${ready.baseUrl}/chat/completions -H "authorization: Bearer ${key}" \\`,
    `  -H "content-type: application/json" \\`,
    `  -d '{"model":"${ready.endpoint}","messages":[{"role":"user","content":"Hello"}]}'`,
    "",
    `import OpenAI from "openai";`,
    `const client = new OpenAI({ baseURL: "${ready.baseUrl}", apiKey: process.env.RAMPA_KEY });`,
    `await client.chat.completions.create({ model: "${ready.endpoint}", messages: [{ role: "user", content: "Hello" }] });`,
    "",
    `Logs       npm run rampa -- logs      (files: ${ready.logs})`,
    "State      npm run rampa -- status    Stop: npm run down",
  ];
  return drawBox(lines);
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
