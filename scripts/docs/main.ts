// Writes the documents that are made from the code.
import { writeFiles } from '../write-files';
import { documents } from './documents';

writeFiles(documents);
