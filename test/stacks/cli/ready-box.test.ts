// The box after a first run holds all that the next request needs, and the key only when it is new.
import { expect, it } from "vitest";
import { renderReady } from "../../../stacks/cli/ready-box.ts";

const ready = {
  stack: "local",
  isHere: true,
  baseUrl: "http://127.0.0.1:8080/v1",
  endpoint: "chat",
  answer: "Hello\n there",
  logs: "/state/logs",
};

it("shows a new key once and lets the lines below read it from the shell", () => {
  const text = renderReady({ ...ready, newKey: "rk-abc" });
  expect(text).toContain("Key        rk-abc");
  expect(text.match(/rk-abc/g)).toHaveLength(1);
  expect(text).toContain("export RAMPA_KEY=$(npm run -s rampa -- key show)");
  expect(text).toContain('-H "authorization: Bearer $RAMPA_KEY"');
  expect(text).toContain("Answer     Hello there");
  expect(text).toContain('"model":"chat"');
  expect(text).toContain("/state/logs");
});

it("names the command that prints the key when it is not new", () => {
  const text = renderReady(ready);
  expect(text).toContain("Key        npm run -s rampa -- key show");
  expect(text).not.toContain("rk-");
});

it("keeps lines that are to be copied free of frame characters", () => {
  const curl = renderReady(ready)
    .split("\n")
    .filter((line) => /curl|-H|-d|import|const|await/.test(line));
  expect(curl.length).toBeGreaterThanOrEqual(6);
  for (const line of curl) expect(line).not.toMatch(/[│╭╰]/);
});

it("cuts a long answer", () => {
  expect(renderReady({ ...ready, answer: "word ".repeat(100) })).toMatch(/Answer {5}.{60}…/);
});

it("offers no address that does not answer here, for a gateway inside another cluster", () => {
  const baseUrl = "http://gateway.rampa-dev.svc.cluster.local:8080/v1";
  const text = renderReady({ ...ready, stack: "dev", isHere: false, baseUrl });
  expect(text).toContain(`Base URL   ${baseUrl} (inside the cluster)`);
  expect(text).toContain("Key        pulumi stack output apiKey --show-secrets --stack dev");
  expect(text).toContain('npm run rampa -- chat "Hello" --model chat --stack dev');
  expect(text).toContain("npm run down -- --stack dev");
  expect(text).not.toMatch(/curl|OpenAI/);
});
