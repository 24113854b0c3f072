from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("syncengine", "0004_quotas")]

    operations = [
        migrations.AddIndex(
            model_name="syncoperation",
            index=models.Index(
                fields=["requested_by", "-first_position"], name="operation_by_person"
            ),
        ),
        migrations.AddIndex(
            model_name="syncoperation",
            index=models.Index(fields=["trigger", "-first_position"], name="operation_by_trigger"),
        ),
    ]
