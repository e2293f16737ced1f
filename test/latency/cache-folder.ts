import { temporaryFolder } from '../onnx/temporary-folder';

/** Makes every test of the file measure into a new folder of its own. @returns where that is */
export function ownCacheFolder(): () => string {
  const folder = temporaryFolder();
  const before = process.env.GDWS_CACHE_DIR;
  let caches = 0;
  beforeEach(() => {
    process.env.GDWS_CACHE_DIR = folder.file(`cache-${caches++}`);
  });
  afterAll(() => {
    if (before === undefined) delete process.env.GDWS_CACHE_DIR;
    else process.env.GDWS_CACHE_DIR = before;
  });
  return () => process.env.GDWS_CACHE_DIR!;
}
