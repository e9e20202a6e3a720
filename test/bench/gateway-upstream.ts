// A model server for the gateway's bench: answers at once with a fixed completion; its port is its first output.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const message = { role: "assistant", content: "token ".repeat(66), refusal: null };
const answer = JSON.stringify({
  id: "chatcmpl-bench",
  object: "chat.completion",
  created: 1,
  model: "chat",
  choices: [{ index: 0, message, logprobs: null, finish_reason: "stop" }],
  usage: { prompt_tokens: 64, completion_tokens: 66, total_tokens: 130 },
});

const server = createServer((request, response) => {
  request.resume();
  request.once("end", () => {
    response.writeHead(200, { "content-type": "application/json", "content-length": answer.length });
    response.end(answer);
  });
});
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
process.once("SIGTERM", () => process.exit(0));
