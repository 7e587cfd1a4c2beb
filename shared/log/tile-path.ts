/** The paths of C2SP tlog-tiles: 256 hashes a tile, levels above it over the roots of full tiles, and the entries of the lowest level beside them. */

/** Hashes in a full tile, and entries in a full bundle (tlog-tiles: the tile height is 8). */
export const tileWidth = 256;

/** tlog-tiles: a tree of 2^64 leaves has no higher level. */
const maxLevel = 7;

export interface Tile {
  level: number | 'entries';
  index: number;
  /** Below `tileWidth` for the right edge of a tree. */
  width: number;
}

/** `tile/0/x001/x234/067`, with `.p/<width>` behind it for a partial tile. */
export function tilePath({ level, index, width }: Tile): string {
  const groups = [pad(index % 1_000)];
  for (let rest = Math.floor(index / 1_000); rest > 0; rest = Math.floor(rest / 1_000)) groups.unshift(`x${pad(rest % 1_000)}`);
  return `tile/${level}/${groups.join('/')}${width === tileWidth ? '' : `.p/${width}`}`;
}

/** The tile of a path, or undefined for any other spelling than the one of `tilePath`. */
export function parseTilePath(path: string): Tile | undefined {
  const found = /^tile\/(entries|\d)\/((?:x\d{3}\/){0,4}\d{3})(?:\.p\/(\d{1,3}))?$/.exec(path);
  if (!found) return undefined;
  const [, levelText = '', indexText = '', widthText] = found;
  const level: Tile['level'] = levelText === 'entries' ? 'entries' : Number(levelText);
  const index = Number(indexText.replaceAll(/[x/]/g, ''));
  const width = widthText === undefined ? tileWidth : Number(widthText);
  const tile = { level, index, width };
  const isTile = (level === 'entries' || level <= maxLevel) && Number.isSafeInteger(index) && width >= 1 && width <= tileWidth;
  return isTile && tilePath(tile) === path ? tile : undefined;
}

function pad(group: number): string {
  return String(group).padStart(3, '0');
}
