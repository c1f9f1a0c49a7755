"""The tracer in a web page: a static folder that runs the package's model with ONNX Runtime's WebAssembly."""
