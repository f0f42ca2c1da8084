"""ONNX sessions that stay on one core each."""

from pathlib import Path

import onnxruntime


def one_thread_session(path: Path) -> onnxruntime.InferenceSession:
    """Open a model that runs in its caller's thread only; calls may come from several threads at once.

    More threads per decode do not pay on two cores, and a spinning one would take the core from another call.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
