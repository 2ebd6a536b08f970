/** What is drawn of Grafana's JSON: where each panel is, of what kind, and what it says. */
export type DashboardJson = Readonly<{ title: string; panels: readonly PanelJson[] }>;
type PanelJson = Readonly<{
  type: string;
  title: string;
  description?: string;
  gridPos: Readonly<{ x: number; y: number; w: number; h: number }>;
  fieldConfig?: Readonly<{ defaults?: Readonly<{ unit?: string }> }>;
  targets?: readonly Readonly<{ legendFormat?: string }>[];
}>;

const COLUMN = 50;
const LINE = 28;
const HEAD = 44;

/** The layout of a dashboard as SVG, drawn from its JSON: Grafana itself is not needed. */
export function drawDashboard({ title, panels }: DashboardJson): string {
  const bottom = Math.max(...panels.map(({ gridPos }) => gridPos.y + gridPos.h));
  const [width, height] = [24 * COLUMN, HEAD + bottom * LINE + 8];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif">`,
    `<title>Layout of the dashboard ${escapeXml(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#f4f5f5"/>`,
    text(12, 29, 20, '#24292e', title),
    ...panels.map(drawPanel),
    '</svg>',
    '',
  ].join('\n');
}

function drawPanel(panel: PanelJson): string {
  const { x, y, w, h } = panel.gridPos;
  const [left, top, width, height] = [x * COLUMN + 4, HEAD + y * LINE + 3, w * COLUMN - 8, h * LINE - 6];
  if (panel.type === 'row') return text(left + 6, top + 15, 14, '#5a6b7b', `▾ ${panel.title}`);
  const unit = panel.fieldConfig?.defaults?.unit ?? '';
  const legends = (panel.targets ?? [])
    .map(({ legendFormat }) => legendFormat ?? '')
    .filter((one) => one !== panel.title);
  const letters = Math.floor((width - 20) / 6);
  const room = Math.floor((height - 44) / 15);
  const shows = h > 4 && legends.length > 0 ? wrap(`Shows: ${legends.join(', ')}`, letters) : [];
  const all = [...wrap(panel.description ?? '', letters), ...shows];
  const lines = all.length <= room ? all : [...all.slice(0, room - 1), `${all[room - 1]} …`];
  return [
    `<rect x="${left}" y="${top}" width="${width}" height="${height}" rx="3" fill="#fff" stroke="#ccd3da"/>`,
    text(left + 10, top + 20, 12.5, '#24292e', panel.title, 'bold'),
    text(left + 10, top + 37, 11, '#3871dc', `${panel.type}${unit === '' || unit === 'none' ? '' : `, ${unit}`}`),
    ...lines.map((line, index) => text(left + 10, top + 56 + index * 15, 11, '#5a6b7b', line)),
  ].join('\n');
}

const escapeXml = (value: string): string => value.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);

const text = (x: number, y: number, size: number, fill: string, value: string, weight = 'normal'): string =>
  `<text x="${x}" y="${y}" font-size="${size}" fill="${fill}" font-weight="${weight}">${escapeXml(value)}</text>`;

/** Lines of at most so many letters, broken at spaces. */
function wrap(value: string, letters: number): readonly string[] {
  return value.split(' ').reduce<string[]>((lines, word) => {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= letters) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
    return lines;
  }, []);
}
