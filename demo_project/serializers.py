"""The wire form of a note."""

from rest_framework import serializers

from demo_project.models import Note


class NoteSerializer(serializers.ModelSerializer[Note]):
    """A note as its owner sees it; the owner comes from the request, never the body."""

    class Meta:
        """Nothing but the text can be written."""

        model = Note
        fields = ("id", "text", "created_at")
        read_only_fields = ("id", "created_at")
