/**
 * Writes every file that is made from the sources. With --check it writes nothing, names the stale ones and exits 1 when there is one.
 */
import { applyGenerated, findStale } from './gen/apply-generated.ts';
import { generate, generatedFolders } from './gen/generate.ts';

const isCheck = process.argv.includes('--check');
const files = await generate();
const stale = (isCheck ? findStale : applyGenerated)('.', files, generatedFolders);
for (const { path, why } of stale) console.log(`${isCheck ? why : 'mended'}  ${path}`);
console.log(
  stale.length === 0
    ? `gen: ${files.length} files are up to date`
    : `gen: ${stale.length} of ${files.length} ${isCheck ? 'are stale, run npm run gen' : 'mended'}`,
);
process.exitCode = isCheck && stale.length > 0 ? 1 : 0;
