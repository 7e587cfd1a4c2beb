import { canonicalJson } from '../../core/json/canonical-json.ts';
import { digestBytes } from '../../core/digest.ts';
import { predicateTypes } from '../../receipt/statement.ts';
import {
  buildDisclosureStatement,
  DisclosureManifest,
  manifestBundlePath,
  manifestPath,
  manifestText,
} from '../pack/disclosure-manifest.ts';
import type { PackContents } from './pack-contents.ts';
import { refusePack } from './refuse-pack.ts';
import { verifySigned, type Trust } from './trust.ts';

function parseManifest(contents: PackContents): DisclosureManifest {
  const value = contents.json(manifestPath);
  const parsed = DisclosureManifest.safeParse(value);
  const issue = parsed.error?.issues[0];
  if (!parsed.success) throw refusePack(`its manifest is not well formed: ${issue?.message ?? ''} at ${issue?.path.join('/') ?? ''}`);
  if (manifestText(parsed.data) !== contents.text(manifestPath)) throw refusePack('its manifest is not in canonical form');
  return parsed.data;
}

/** The files are those of the manifest, in its order, byte for byte, and no others. */
function compareFiles({ files: entries }: DisclosureManifest, { files }: PackContents): void {
  const found = files.slice(0, -2);
  for (let at = 0; at < Math.max(found.length, entries.length); at++) {
    const [file, entry] = [found[at], entries[at]];
    if (!entry) throw refusePack(`${file?.path ?? ''} is not in its manifest`);
    if (!file) throw refusePack(`${entry.path} is in its manifest and not in the pack`);
    if (file.path !== entry.path) throw refusePack(`${file.path} stands where its manifest has ${entry.path}`);
    if (file.sizeBytes !== entry.sizeBytes || file.digest !== entry.digest)
      throw refusePack(`${file.path} is not the file that its manifest names`);
  }
}

/** The manifest of a pack: signed by a trusted key, the last thing in it, and true of every other file. Throws `mc:disclosure:invalid`. */
export function checkManifest(contents: PackContents, trust: Trust): DisclosureManifest {
  const [manifestFile, bundleFile] = contents.files.slice(-2);
  if (manifestFile?.path !== manifestPath || bundleFile?.path !== manifestBundlePath)
    throw refusePack('it does not end with its signed manifest');
  const { statement } = verifySigned(trust, manifestBundlePath, contents.json(manifestBundlePath), {
    artifact: digestBytes(contents.text(manifestPath)),
    predicateType: predicateTypes.disclosure,
  });
  // The manifest names every file but these two, so nothing else would notice spaces in them.
  if (JSON.stringify(contents.json(manifestBundlePath)) !== contents.text(manifestBundlePath))
    throw refusePack(`${manifestBundlePath} is not written as a home writes it`);
  const manifest = parseManifest(contents);
  if (canonicalJson(buildDisclosureStatement(manifest)) !== canonicalJson(statement))
    throw refusePack('its manifest is not the one that was signed');
  compareFiles(manifest, contents);
  contents.describe(manifest.files);
  return manifest;
}
