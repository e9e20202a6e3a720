// Every requirement of the product by id: the README's feature table has one row for each, in this order.

export const REQUIREMENT_IDS: readonly string[] = [
  ...numbered("E", 15),
  ...numbered("S", 9),
  ...numbered("G", 10),
  ...numbered("D", 9),
  ...numbered("X", 4),
  ...numbered("M", 9),
  ...numbered("R", 7),
  ...numbered("Q", 7),
  ...numbered("P", 3),
  ...numbered("C", 7),
  ...numbered("F", 4),
  ...numbered("U", 4),
  ...numbered("B", 4),
];

function numbered(letter: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${letter}${index + 1}`);
}
