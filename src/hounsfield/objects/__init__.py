"""What people say about images, as DICOM objects and as JSON: measurements, key images, states, captures."""

__all__: list[str] = []
