import { sourceCases } from './cases/source';
import { checkCases } from './check';

checkCases(sourceCases);
