// The sources of the addon in the published package: an archive, since headers of a library are most of them, and few users build.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const archive = 'native.tar.xz';

/** By GNU tar, the same sources make the same bytes. */
const reproducible =
  process.platform === 'linux'
    ? ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--mode=u+rw,go+r']
    : [];

/** CMake runs this before anything else. */
const unpack = `# The package has the sources as an archive.
if(NOT EXISTS "\${CMAKE_CURRENT_LIST_DIR}/native")
  file(ARCHIVE_EXTRACT INPUT "\${CMAKE_CURRENT_LIST_DIR}/${archive}" DESTINATION "\${CMAKE_CURRENT_LIST_DIR}")
endif()

`;

/** Writes native/ as an archive, and a CMakeLists.txt that unpacks it. */
export function stageSources(root, folder) {
  execFileSync('tar', [...reproducible, '-cJf', path.join(folder, archive), '-C', root, 'native']);
  writeFileSync(path.join(folder, 'CMakeLists.txt'), unpack + readFileSync(path.join(root, 'CMakeLists.txt'), 'utf8'));
}
