module.exports = require('gdws/onnxruntime-node');
