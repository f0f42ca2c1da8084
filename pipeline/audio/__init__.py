"""Audio arithmetic: low-delay resampling, µ-law. numpy only."""
