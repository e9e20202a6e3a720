// The box after a first run holds all that the next request needs, and the key only when it is new.
import { expect, it } from "vitest";
import { renderReady } from "../../../stacks/cli/ready-box.ts";

const ready = {
  baseUrl: "http://127.0.0.1:8080/v1",
  endpoint: "chat",
  answer: "Hello\n there",
  logs: "/state/logs",
};

it("shows a new key and uses it in the curl line", () => {
  const text = renderReady({ ...ready, newKey: "rk-abc" });
  expect(text).toContain("Key        rk-abc");
  expect(text).toContain('-H "authorization: Bearer rk-abc"');
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
