"""The transcript: a virtualised view of a conversation, its selection and accessible tree."""
