// Writes the C++ files that are made from the schema of operations.
import { writeFiles } from '../write-files';
import { generatedFiles } from './files';

writeFiles(generatedFiles);
