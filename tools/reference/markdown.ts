export type Row = readonly string[];

/** A Markdown table. A pipe in a cell is escaped, as it would end the cell. */
export function table(header: Row, rows: readonly Row[]): string {
  const line = (cells: Row): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

export const code = (text: string): string => `\`${text}\``;

/** Paragraphs, tables and headings as one page. */
export const page = (...parts: readonly string[]): string => `${parts.join('\n\n')}\n`;
