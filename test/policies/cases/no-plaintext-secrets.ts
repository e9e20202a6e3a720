// Cases of no-plaintext-secrets.
import { deploymentProps, metadata, RELEASE, releaseProps } from "../fixtures/manifests.ts";
import { CONFIG_MAP, DEPLOYMENT, LATER, type RuleCases, resource, UNKNOWN_TEXT } from "./rule-cases.ts";

/** Built from parts, so that no scanner takes this file for a leak. */
const KEY = ["sk", "0123456789abcdefghijABCDEFGHIJ"].join("-");
const AWS_KEY = ["AKIA", "IOSFODNN7EXAMPLE"].join("");
const PEM = ["-----BEGIN", "PRIVATE KEY-----\nMIIB"].join(" ");

const env = (...variables: object[]) => [resource(DEPLOYMENT, deploymentProps({ env: variables }))];
const config = (data: object) => [resource(CONFIG_MAP, { metadata: metadata("config"), data })];
const chart = (values: object) => [resource(RELEASE, { ...releaseProps, values })];
const variable = "spec.template.spec.containers[0].env[0].value";
const shape = "the text has the shape of a key or password";
const named = "the name says that this is a secret, and it has a literal value";

export const cases: RuleCases = {
  rule: "no-plaintext-secrets",
  pass: [
    {
      title: "a reference to a Secret",
      resources: env({ name: "API_KEY", valueFrom: { secretKeyRef: { name: "keys", key: "api" } } }),
    },
    { title: "a path to a secret", resources: env({ name: "DB_PASSWORD", value: "/etc/keys/password" }) },
    {
      title: "what is no secret by its value",
      resources: env(
        { name: "API_TOKEN", value: "short" },
        { name: "API_TOKEN", value: "1234567" },
        { name: "API_TOKEN", value: "$(OTHER_TOKEN)" },
        { name: "API_TOKEN", value: ["$", "{OTHER_TOKEN}"].join("") },
      ),
    },
    {
      title: "a word about tokens",
      resources: env(
        { name: "MAX_TOKENS", value: "2048000" },
        { name: "PASSWORD_FILE", value: "relative/path" },
      ),
    },
    {
      title: "a configuration with a checksum",
      resources: config({
        "config.json": JSON.stringify({ sha256: "a".repeat(64), keysFile: "/etc/rampa/keys.json" }),
      }),
    },
    {
      title: "a key in a Secret",
      resources: [resource("kubernetes:core/v1:Secret", { stringData: { key: KEY } })],
    },
    {
      title: "a URL without a password",
      resources: env({ name: "URL", value: "https://example.com:8443/a@b" }),
    },
  ],
  fail: [
    {
      title: "a key in a variable",
      resources: env({ name: "X", value: KEY }),
      expected: [["mandatory", `${variable}: ${shape}`]],
    },
    {
      title: "a password by name",
      resources: env({ name: "DB_PASSWORD", value: "correct horse" }),
      expected: [["mandatory", `${variable}: ${named}`]],
    },
    {
      title: "a password that only begins like something else",
      resources: env(
        { name: "API_TOKEN", value: "123456" },
        { name: "API_TOKEN", value: "1234567 horses" },
        { name: "API_TOKEN", value: "true love" },
        { name: "API_TOKEN", value: "false friend" },
        { name: "API_TOKEN", value: "horse/battery" },
        { name: "API_TOKEN", value: "$horse$" },
        { name: "API_TOKEN", value: "sixsix" },
      ),
      expected: [1, 2, 3, 4, 5, 6].map(
        (index) => ["mandatory", `spec.template.spec.containers[0].env[${index}].value: ${named}`] as const,
      ),
    },
    {
      title: "a key in a ConfigMap",
      resources: config({ aws: `id=${AWS_KEY}` }),
      expected: [["mandatory", `data.aws: ${shape}`]],
    },
    {
      title: "a private key in a ConfigMap",
      resources: config({ "tls.pem": PEM }),
      expected: [["mandatory", `data["tls.pem"]: ${shape}`]],
    },
    {
      title: "a password inside a JSON document",
      resources: config({ "config.json": JSON.stringify({ store: { password: "correct horse" } }) }),
      expected: [["mandatory", 'data["config.json"]: a literal secret at $.store.password of the document']],
    },
    {
      title: "a password in chart values",
      resources: chart({ db: { adminPassword: "correct horse" } }),
      expected: [["mandatory", `values.db.adminPassword: ${named}`]],
    },
    {
      title: "a password in a URL",
      resources: env({ name: "STORE", value: "postgres://rampa:correcthorse@db/rampa" }),
      expected: [["mandatory", `${variable}: ${shape}`]],
    },
    {
      title: "a key as an argument",
      resources: [resource(DEPLOYMENT, deploymentProps({ args: [`--key=${KEY}`] }))],
      expected: [["mandatory", `spec.template.spec.containers[0].args[0]: ${shape}`]],
    },
    {
      title: "a Secret as a CustomResource",
      resources: [resource("kubernetes:v1:Secret", { metadata: metadata("keys"), stringData: { a: "b" } })],
      expected: [["mandatory", "a Secret as a CustomResource is kept in clear in the state"]],
    },
  ],
  unknown: [
    {
      title: "the value of a variable named as a secret",
      resources: env({ name: "API_KEY", value: UNKNOWN_TEXT }),
      expected: [["advisory", `${variable}: ${LATER}`]],
    },
  ],
};
