import { productCases } from './cases/product';
import { checkCases } from './check';

checkCases(productCases);
