// What keys and passwords look like: by shape of the text and by the name they stand under.

/** Formats that issuers document, long enough to tell them from words. */
const SHAPES: readonly RegExp[] = [
  /\b(sk|rk|pk)-[A-Za-z0-9_-]{20,}/, // OpenAI, Anthropic and our own client keys
  /\bAKIA[0-9A-Z]{16}\b/,
  /\bgh[pousr]_[A-Za-z0-9]{30,}/,
  /\bglpat-[A-Za-z0-9_-]{20,}/,
  /\bhf_[A-Za-z0-9]{30,}/,
  /\bxox[abprs]-[A-Za-z0-9-]{20,}/,
  /\bAIza[A-Za-z0-9_-]{35}\b/,
  /-----BEGIN ([A-Z]+ )*PRIVATE KEY-----/,
  /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/,
  /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]+:[^\s/@$]{3,}@/,
];

/** Words that name a secret; two-word names are joined by a dash. */
const SECRET_WORDS =
  /(^|-)(password|passwd|passphrase|secret|token|credentials?|api-?key|private-key|access-key|signing-key)$/;

export function isKeyShaped(text: string): boolean {
  return SHAPES.some((shape) => shape.test(text));
}

/** Whether a name says that its value is a secret: `DB_PASSWORD`, `apiKey`; not `PASSWORD_FILE`, `maxTokens`. */
export function isSecretName(name: string): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-");
  return SECRET_WORDS.test(words);
}

/** Paths inside a JSON document whose name says secret and whose value is a text. */
export function secretsInText(text: string): readonly string[] {
  if (!/^\s*[{[]/.test(text)) return [];
  try {
    return secretsIn(JSON.parse(text), "$");
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

const SHORTEST_SECRET = 6;

function secretsIn(value: unknown, path: string): readonly string[] {
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, child]) => {
    const here = `${path}.${key}`;
    const isSecret = typeof child === "string" && child.length >= SHORTEST_SECRET && isSecretName(key);
    return isSecret ? [here] : secretsIn(child, here);
  });
}
