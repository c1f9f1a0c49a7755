"""Pictures: opened, laid flat, told apart into paper and ink, fitted to the model, measured."""
