import { narrowCases } from './cases/narrow';
import { checkCases } from './check';

checkCases(narrowCases);
