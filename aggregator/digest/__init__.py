"""Stories and a digest's rules come in; publications and bytes go out. Pure: same in, same out."""
