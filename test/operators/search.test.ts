import { searchCases } from './cases/search';
import { checkCases } from './check';

checkCases(searchCases);
